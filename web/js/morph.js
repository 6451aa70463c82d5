// What a morph must not disturb: the field that somebody types in, a menu that is open, a picture whose data is the same.
import { Idiomorph } from '../../node_modules/idiomorph/dist/idiomorph-ext.esm.js'

export function morphs() {
  Idiomorph.defaults.ignoreActiveValue = true
  const { callbacks } = Idiomorph.defaults
  callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === 'open' && element.matches('details.v-menu, details.v-beside, dialog'))
  callbacks.beforeNodeMorphed = (before, after) =>
    !(before instanceof Element && before.matches('[data-picture]') && data(before) !== null && data(before) === data(after))
}

const data = (box) => box.querySelector('template')?.content.textContent ?? null
