// Keys: ? help, / search of the list, j k move, Enter opens, x selects, g then a letter goes, and any
// element may take a letter with data-key="e". Never while the reader types.
export function keys() {
  let going = 0
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const at = event.target
    if (at.matches?.('input:not([type=checkbox]), textarea, select, [contenteditable=true]')) {
      if (event.key === 'Escape') at.blur()
      return
    }
    if (document.querySelector('dialog[open]')) return
    if (going) {
      clearTimeout(going)
      going = 0
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)
      if (link) {
        event.preventDefault()
        link.click()
      }
      return
    }
    switch (event.key) {
      case 'g':
        going = setTimeout(() => { going = 0 }, 1500)
        return
      case '?':
        document.getElementById('keys')?.showModal()
        break
      case '/': {
        const field = document.querySelector('main [data-search]')
        if (field) field.focus(), field.select()
        else document.querySelector('[data-palette]')?.click()
        break
      }
      case 'j': step(1); break
      case 'k': step(-1); break
      case 'x': {
        const box = here()?.querySelector('.v-pick input')
        if (!box) return
        box.click()
        break
      }
      case 'Enter': {
        // A focused link or button keeps its own Enter.
        if (at !== document.body && at.id !== 'main' && !at.matches('tr')) return
        const link = here()?.querySelector('[data-open]')
        if (!link) return
        link.click()
        break
      }
      default: {
        const wanted = document.querySelector(`main [data-key="${CSS.escape(event.key)}"]`)
        if (!wanted) return
        wanted.click()
      }
    }
    event.preventDefault()
  })
}

const here = () => document.querySelector('main tr.v-here')

// A list that is drawn anew while a row is held takes the mark off it, though the focus stays.
document.addEventListener('htmx:afterSettle', () => {
  const held = document.activeElement?.closest('main tr[data-row]')
  if (held) mark(held)
})

function mark(row) {
  here()?.classList.remove('v-here')
  row.classList.add('v-here')
}

function step(by) {
  const rows = [...document.querySelectorAll('main .v-table tbody tr[data-row]')]
  if (!rows.length) return
  const now = rows.indexOf(here())
  const next = now < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, now + by))
  mark(rows[next])
  // The link takes the focus too, so that a screen reader says the row and Enter opens it.
  const link = rows[next].querySelector('[data-open]')
  ;(link ?? rows[next]).focus({ preventScroll: true })
  rows[next].scrollIntoView({ block: 'nearest' })
}
