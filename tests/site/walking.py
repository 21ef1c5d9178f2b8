"""Where the site lies, and how a page of it is opened."""

from tools.lessons.env import ROOT

BUILT = ROOT / "build" / "site"


def open_page(page, site, place, theme="light"):
    """Open a page in a theme, and return the complaints of its console and network."""
    complaints = []
    page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
    page.on(
        "response",
        lambda r: r.status >= 400 and complaints.append(f"{r.status}: {r.url}"),
    )

    def elsewhere(request):
        if not request.url.startswith((site, "data:")):
            complaints.append(f"asks the network: {request.url}")

    page.on("request", elsewhere)
    page.add_init_script(f"localStorage.setItem('mode', '{theme}')")
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    page.goto(f"{site}/{place}", wait_until="networkidle")
    return complaints
