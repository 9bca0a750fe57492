for (const chart of document.querySelectorAll("[data-chart]")) {
  const marks = [...chart.querySelectorAll("[data-mark]")];
  const readout = chart.querySelector("[data-readout]");
  const words = (mark) => mark.querySelector(":scope > title")?.textContent ?? mark.title;
  const tell = (told) => {
    readout.textContent = words(told);
    for (const mark of marks) mark.classList.toggle("told", mark === told);
  };
  const open = (mark) => {
    const fold = document.getElementById(mark.dataset.opens ?? "");
    for (let at = fold; at; at = at.parentElement) if (at.matches("details")) at.open = true;
    fold?.querySelector("summary").focus();
    fold?.scrollIntoView();
  };
  // One stop of the tab key for each chart; the arrows go on from there.
  const stopAt = (at) => marks.forEach((mark, other) => mark.setAttribute("tabindex", other === at ? 0 : -1));
  marks.forEach((mark, at) => {
    mark.addEventListener("pointerenter", () => tell(mark));
    mark.addEventListener("focus", () => {
      stopAt(at);
      tell(mark);
    });
    mark.addEventListener("click", () => open(mark));
    mark.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && mark.dataset.opens) {
        // Else the key would go on to the title, and fold it again.
        event.preventDefault();
        open(mark);
      }
      const to = {
        ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
        Home: 0, End: marks.length - 1,
      }[event.key];
      if (to !== undefined && marks[to]) {
        event.preventDefault();
        marks[to].focus();
      }
    });
  });
  stopAt(0);
}
