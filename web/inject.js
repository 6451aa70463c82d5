// The extensions of htmx expect a global of this name; the bundler gives them the import instead.
export { default as htmx } from '../node_modules/htmx.org/dist/htmx.esm.js'
