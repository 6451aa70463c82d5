// Keys. Which there are, and which act each is, stands in the help that the server writes (internal/kit/ui/keys.go), so that the help is
// never wrong. An act "press" presses what the page has with data-key of that letter. Never while the reader types.
import { pick, extend } from './list.js'

const here = () => document.querySelector('main tr.v-here')
const seen = (thing) => thing?.checkVisibility?.() ?? Boolean(thing)

// pressed is what a letter presses: the first that can be seen, and, for the marked row of a list, a button of the bar above it.
function pressed(letter) {
  const all = [...document.querySelectorAll(`main [data-key="${CSS.escape(letter)}"]`)]
  const shown = all.find(seen)
  if (shown || !all.length) return shown
  const box = here()?.querySelector('.v-pick input')
  if (box && !box.checked) pick(box)
  return all.find(seen)
}

const acts = {
  help: () => { document.getElementById('keys')?.showModal() },
  search: () => {
    const field = document.querySelector('main [data-search]')
    if (field) field.focus(), field.select()
    else document.querySelector('[data-palette]')?.click()
  },
  down: () => step(1),
  up: () => step(-1),
  pick: () => {
    const box = here()?.querySelector('.v-pick input')
    if (!box) return false
    pick(box)
  },
  range: () => {
    const box = here()?.querySelector('.v-pick input')
    if (!box) return false
    extend(box)
  },
  open: (at) => {
    // A focused link or button keeps its own Enter.
    if (at !== document.body && at.id !== 'main' && !at.matches('tr')) return false
    const link = here()?.querySelector('[data-open]')
    if (!link) return false
    link.click()
  },
  undo: (_, key) => {
    const button = document.querySelector('#toasts [data-undo]') ?? pressed(key)
    if (!button) return false
    button.click()
  },
  press: (_, key) => {
    const wanted = pressed(key)
    if (!wanted) return false
    wanted.focus() // Tab goes on from here, into the menu that opens
    wanted.click()
  },
}

export function keys() {
  let going = -Infinity // when g was pressed; by the clock of the keys, so that a page that is slow to answer forgets nothing
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const at = event.target
    if (at.matches?.('input:not([type=checkbox]), textarea, select, [contenteditable=true]')) {
      if (event.key === 'Escape') at.blur()
      return
    }
    if (document.querySelector('dialog[open]')) return
    const goes = event.timeStamp - going < 1500
    going = -Infinity
    if (goes) {
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)
      if (link) {
        event.preventDefault()
        link.click()
      }
      return
    }
    if (event.key === 'g') {
      going = event.timeStamp
      return
    }
    const act = document.querySelector(`#keys [data-cap="${CSS.escape(event.key)}"]`)?.dataset.act
    if (act && acts[act](at, event.key) !== false) event.preventDefault()
  })
  // A list that is drawn anew while a row is held takes the mark off it, though the focus stays.
  document.addEventListener('htmx:afterSettle', () => {
    const held = document.activeElement?.closest('main tr[data-row]')
    if (held) mark(held)
  })
}

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
