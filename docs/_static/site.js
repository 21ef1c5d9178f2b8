// A formula that is wider than the page scrolls: let the keyboard reach it.
addEventListener("load", async () => {
  await globalThis.MathJax?.startup?.promise;
  for (const formula of document.querySelectorAll('mjx-container[display="true"]'))
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
});
// The theme gives no name to the arrows that open a part of the navigation.
addEventListener("DOMContentLoaded", () => {
  for (const arrow of document.querySelectorAll("summary:has(> .toctree-toggle)"))
    arrow.ariaLabel = "Pages below this one";
});
