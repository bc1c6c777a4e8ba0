/** Holds what is imported in this process to the rule of runbooks: a copy imports 'paramedic' and files of its own version. */
import { registerHooks } from 'node:module'

/** `api`: the URL of what 'paramedic' stands for. `copies`: of the folder that holds the copies, with a slash at its end. */
export function permitImports({ api, copies }: { api: string; copies: string }): void {
  registerHooks({
    resolve(specifier, context, next) {
      const from = context.parentURL
      if (from === undefined || !from.startsWith(copies)) return next(specifier, context)
      if (specifier === 'paramedic') return next(api, context)
      const own = from.slice(0, from.indexOf('/', copies.length) + 1)
      const wanted = /^\.\.?\//.test(specifier) ? new URL(specifier, from).href : ''
      if (wanted.startsWith(own)) return next(specifier, context)
      throw new Error(`imports ${specifier}: a runbook imports 'paramedic' and files of its version's own folder only`)
    },
  })
}
