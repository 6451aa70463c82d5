// The only script that every page loads. Pages read and submit without it; it adds live parts,
// the palette, keys and comfort.
import htmx from '../node_modules/htmx.org/dist/htmx.esm.js'
import { morphs } from './js/morph.js'
import { menus } from './js/menu.js'
import { dialogs } from './js/dialog.js'
import { palette } from './js/palette.js'
import { keys } from './js/keys.js'
import { lists } from './js/list.js'
import { comfort } from './js/comfort.js'
import { pictures } from './js/pictures.js'
import { live } from './js/live.js'
import { passkeys } from './js/passkey.js'
import { compose } from './js/compose.js'
import { toasts } from './js/toast.js'

// The same settings stand in a <meta name="htmx-config"> for whoever reads the page; these are the ones that count.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0, // a page with customers' data must not rest in the browser's storage
  refreshOnHistoryMiss: true,
  scrollIntoViewOnBoost: false,
})
// Pages with errors are pages: a refused form (422) and a conflict (409) show themselves.
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '409|412|422', swap: true },
  { code: '[45]..', swap: false, error: true },
]

// A record that answers a form is shown under the form's address, which nobody can ask: it goes by its own, so that fetching it again, a
// reload and a bookmark show the record, and send nothing twice.
if (document.body.dataset.at) history.replaceState(history.state, '', document.body.dataset.at)

morphs()
menus()
dialogs()
palette()
keys()
lists()
comfort()
pictures()
passkeys()
live(htmx)
compose()
toasts()

// What fails in the background is said, once, in words: a page must never look alive when it is not.
document.addEventListener('htmx:sendError', () => toast(document.body.dataset.offline))
document.addEventListener('htmx:responseError', (event) => {
  if (event.detail.xhr.status === 401) location.reload()
  else toast(document.body.dataset.failed)
})

function toast(text) {
  const box = document.getElementById('toasts')
  if (!box || !text || [...box.children].some((child) => child.textContent.includes(text))) return
  const entry = document.createElement('div')
  entry.className = 'v-toast'
  entry.setAttribute('role', 'alert')
  const line = document.createElement('p')
  line.textContent = text
  entry.append(line)
  box.append(entry)
}
