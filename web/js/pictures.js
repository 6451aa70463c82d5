// Graphs and charts load their scripts only where one is on the page, also when it arrives in a fragment.
export function pictures() {
  const draw = (root) => {
    for (const box of root.querySelectorAll('[data-picture]:not([data-drawn])')) {
      box.dataset.drawn = ''
      import(box.dataset.picture).then((module) => module.draw(box))
    }
  }
  draw(document)
  document.addEventListener('htmx:load', (event) => draw(event.target.parentNode ?? document))
}
