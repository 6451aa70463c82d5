// The command palette: one search everywhere. The server answers a fragment of links; this moves among them, and puts before them what
// can be done on the page that is open and with the rows that are selected: its buttons, which it presses.
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

  // offered are the buttons of a part of the page that can be seen and whose words have all that was typed.
  const offered = (selector) => {
    const words = field.value.trim().toLocaleLowerCase().split(/\s+/)
    return [...document.querySelectorAll(selector)].filter((button) => {
      const name = label(button).toLocaleLowerCase()
      return name && !button.disabled && button.checkVisibility?.() !== false && words.every((word) => name.includes(word))
    })
  }
  const label = (button) => (button.getAttribute('aria-label') ?? button.textContent).replace(/\s+/g, ' ').trim()

  const group = (title, id, buttons) => {
    if (!buttons.length) return
    const part = document.createElement('div')
    part.setAttribute('role', 'group')
    part.setAttribute('aria-labelledby', id)
    const head = document.createElement('div')
    head.className = 'v-hits-kind'
    head.setAttribute('role', 'presentation')
    head.id = id
    head.textContent = title
    part.append(head)
    buttons.forEach((button, i) => {
      const link = document.createElement('a')
      link.id = id + '-' + i
      link.href = '#'
      link.setAttribute('role', 'option')
      link.setAttribute('aria-selected', 'false')
      const icon = button.querySelector('svg')?.cloneNode(true)
      const name = document.createElement('span')
      name.textContent = label(button)
      link.append(...(icon ? [icon] : []), name)
      link.addEventListener('click', (event) => {
        event.preventDefault()
        dialog.close()
        button.click()
      })
      part.append(link)
    })
    hits.prepend(part)
  }
  const actions = () => {
    group(dialog.dataset.page, 'hits-page', offered('main .v-head a.btn, main .v-head button.btn, main .v-actions a.btn, main .v-actions button.btn'))
    group(dialog.dataset.selection, 'hits-selection', offered('main .v-bulk button.btn'))
    if (links().length) hits.querySelector(':scope > [role=status]')?.remove()
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
  hits.addEventListener('htmx:afterSwap', () => { actions(); choose(0) })
  field.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') choose(chosen + 1)
    else if (event.key === 'ArrowUp') choose(chosen - 1)
    else if (event.key === 'Enter') links()[chosen]?.click()
    else return
    event.preventDefault()
  })
}
