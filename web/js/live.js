// What changes appears: one stream a tab says "this has changed", and the parts of the page that show it are fetched again and
// morphed in. Parts have an id and data-live="kind:id kind …". Nothing is fetched while somebody types or selects in a part, or
// while the tab is not looked at.
const gather = 350 // milliseconds in which several changes become one fetch
const spread = 500 // many tabs do not ask at the same instant
const pace = 2_000 // and no tab asks more often than this
const rest = 15_000 // a tab in the background lets its stream go after this long

export function live(htmx) {
  const address = document.body.dataset.stream
  if (!address || !window.EventSource) return
  let source = null, last = '', timer = null, sleeper = null, busy = false, before = -pace
  const dirty = new Set()

  const parts = () => [...document.querySelectorAll('[data-live][id]')]
  const shows = (part, kind, id) => part.dataset.live.split(' ').some((mark) => {
    const [k, i] = mark.split(':')
    return k === kind && (!i || !id || i === id)
  })

  function mark(kind, id) {
    for (const part of parts()) if (!kind || shows(part, kind, id)) dirty.add(part.id)
    later()
  }

  function later(wait = gather + Math.random() * spread) {
    if (dirty.size && !timer) timer = setTimeout(refresh, Math.max(wait, before + pace - performance.now()))
  }

  // Somebody is at work in it: a field with the focus, an open dialog, rows that are selected.
  function occupied(part) {
    const active = document.activeElement
    return (part.contains(active) && active.matches('input:not([type=checkbox]), textarea, select')) ||
      part.querySelector('dialog[open], input[type=checkbox][name=id]:checked, form[data-dirty]')
  }

  async function refresh() {
    timer = null
    if (busy || document.hidden) return
    const now = [...dirty].map((id) => document.getElementById(id)).filter((part) => part && !occupied(part))
    const waits = [...dirty].filter((id) => document.getElementById(id) && !now.some((part) => part.id === id))
    dirty.clear()
    waits.forEach((id) => dirty.add(id))
    if (now.length) {
      busy = true
      before = performance.now()
      try {
        const answer = await fetch(location.href, { headers: { 'HX-Request': 'true', 'X-Live': 'true' }, credentials: 'same-origin' })
        if (answer.status === 401 || answer.headers.get('HX-Redirect')) return location.reload()
        if (answer.ok && answer.headers.get('Content-Type')?.startsWith('text/html')) show(await answer.text(), now)
      } catch { /* the stream says when the server is back */ } finally { busy = false }
    }
    if (dirty.size) later(pace)
  }

  function show(text, wanted) {
    for (const part of wanted) {
      // A part within another one that is shown anew comes with it.
      if (!part.isConnected || wanted.some((other) => other !== part && other.contains(part)) || occupied(part)) continue
      htmx.swap(part, text, { swapStyle: 'morph:outerHTML', swapDelay: 0, settleDelay: 0 }, { select: '#' + CSS.escape(part.id), contextElement: part })
    }
  }

  function open() {
    if (source || document.hidden || !parts().length) return
    const url = new URL(address, location.href)
    if (last) url.searchParams.set('last', last)
    source = new EventSource(url)
    source.addEventListener('changed', (event) => {
      last = event.lastEventId
      const { kind, id } = JSON.parse(event.data)
      mark(kind, id)
    })
    source.addEventListener('resync', (event) => { last = event.lastEventId; mark() })
    source.addEventListener('end', () => location.reload())
    source.addEventListener('open', () => { document.documentElement.dataset.stream = 'open' })
    source.addEventListener('error', () => {
      delete document.documentElement.dataset.stream
      // Refused for good, as after signing out elsewhere: the browser does not try again, so we do, slowly.
      if (source?.readyState === EventSource.CLOSED) { close(); setTimeout(open, 10_000) }
    })
  }

  function close() {
    source?.close()
    source = null
    delete document.documentElement.dataset.stream
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(sleeper)
    if (document.hidden) sleeper = setTimeout(close, rest)
    else { open(); later(50) }
  })
  document.addEventListener('focusout', () => later(200))
  document.addEventListener('input', (event) => { const form = event.target.form; if (form?.method === 'post') form.dataset.dirty = '' })
  document.addEventListener('htmx:afterSettle', open) // a page that had no live part may have one now
  window.addEventListener('pagehide', close)
  window.addEventListener('pageshow', open)
  open()
}
