// The command palette: one search everywhere. The server answers a fragment of links; this moves among them.
import htmx from '../../node_modules/htmx.org/dist/htmx.esm.js'

export function palette() {
  const dialog = document.getElementById('palette')
  if (!dialog) return
  const field = dialog.querySelector('input')
  const hits = dialog.querySelector('.v-hits')
  let chosen = -1

  const links = () => [...hits.querySelectorAll('a')]
  const choose = (index) => {
    const all = links()
    chosen = all.length ? (index + all.length) % all.length : -1
    all.forEach((link, i) => {
      link.setAttribute('aria-selected', i === chosen)
      if (i === chosen) {
        field.setAttribute('aria-activedescendant', link.id)
        link.scrollIntoView({ block: 'nearest' })
      }
    })
    if (chosen < 0) field.removeAttribute('aria-activedescendant')
  }
  const open = () => {
    if (dialog.open) return
    dialog.showModal()
    field.select()
    htmx.trigger(field, 'palette')
  }

  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      open()
    }
  })
  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('[data-palette]')) return
    event.preventDefault()
    open()
  })
  hits.addEventListener('htmx:afterSwap', () => choose(0))
  field.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') choose(chosen + 1)
    else if (event.key === 'ArrowUp') choose(chosen - 1)
    else if (event.key === 'Enter') links()[chosen]?.click()
    else return
    event.preventDefault()
  })
}
