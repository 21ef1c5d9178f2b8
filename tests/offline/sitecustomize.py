"""Cut a Python process off the network; it keeps this computer's own addresses.

Python imports this file at its start when the folder is on PYTHONPATH.
"""

import socket

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_sendto = socket.socket.sendto
_getaddrinfo = socket.getaddrinfo


class NetworkBlocked(RuntimeError):
    """Not an OSError: code that lives with a missing network must not hide it."""


def _refuse(host):
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "::1") or str(name).startswith("127."):
        return
    raise NetworkBlocked(f"network access to {name!r} in an offline test")


def _refuse_address(address):
    if isinstance(address, tuple):  # a plain string is a unix socket's path
        _refuse(address[0])


def connect(self, address):
    _refuse_address(address)
    return _connect(self, address)


def connect_ex(self, address):
    _refuse_address(address)
    return _connect_ex(self, address)


def sendto(self, data, *args):
    _refuse_address(args[-1])
    return _sendto(self, data, *args)


def getaddrinfo(host, *args, **kwargs):
    _refuse(host)
    return _getaddrinfo(host, *args, **kwargs)


def gethostbyname(host):
    _refuse(host)
    return "127.0.0.1"


socket.socket.connect = connect
socket.socket.connect_ex = connect_ex
socket.socket.sendto = sendto
socket.getaddrinfo = getaddrinfo
socket.gethostbyname = gethostbyname
