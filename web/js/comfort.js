// Small things: copy buttons, another row of tags, selects that send their form.
export function comfort() {
  document.addEventListener('click', async (event) => {
    const copier = event.target.closest?.('[data-copy]')
    if (copier) {
      const source = copier.closest('.v-copy').querySelector('pre, input')
      await navigator.clipboard.writeText(source.value ?? source.textContent)
      const label = copier.querySelector('span') ?? copier
      const before = label.textContent
      label.textContent = copier.dataset.copy
      setTimeout(() => { label.textContent = before }, 1600)
      return
    }
    const adder = event.target.closest?.('[data-add-row]')
    if (adder) {
      const rows = adder.closest('.v-field').querySelector('.v-tags')
      const row = rows.lastElementChild.cloneNode(true)
      row.querySelectorAll('input').forEach((field) => { field.value = '' })
      rows.append(row)
      row.querySelector('input').focus()
      return
    }
    const remover = event.target.closest?.('[data-remove-row]')
    if (remover) {
      const row = remover.parentElement
      // The last row stays, emptied: there must be one to clone and to type in.
      if (row.parentElement.children.length > 1) row.remove()
      else row.querySelectorAll('input').forEach((field) => { field.value = '' })
    }
  })
  // Enter in the search of a picker searches; it must not send the form around it.
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches?.('[data-pick]')) event.preventDefault()
  })
  document.addEventListener('change', (event) => {
    if (event.target.matches?.('[data-submit]')) event.target.form.requestSubmit()
  })
  // The theme "auto" follows the system while the page is open.
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', () => {
    const root = document.documentElement
    if (root.dataset.theme === 'auto') root.dataset.bsTheme = dark.matches ? 'dark' : 'light'
  })
}
