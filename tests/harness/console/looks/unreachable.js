// What can be scrolled, and a keyboard cannot get to.
[...document.querySelectorAll("main *")].filter((element) => {
  const style = getComputedStyle(element);
  const scrolls = [style.overflowX, style.overflowY].some((value) => ["auto", "scroll"].includes(value));
  return scrolls && element.checkVisibility() && element.tabIndex < 0;
}).map((element) => element.outerHTML.slice(0, 80))
