/** `paramedic catalog`: the catalogues that the log knows, and going back to one of them. */
import type { Form } from '../http/schemas.ts'
import { idPath, json } from './client.ts'
import type { Cli } from './main.ts'
import { show, table } from './out.ts'

type Catalogue = Form<'CatalogueList'>['items'][number]
const shown = 12

export const register = ({ program, client, asJson }: Cli): void => {
  const catalog = program.command('catalog').description('the catalogues that the log knows, newest first')
    .addHelpText('after', '\nExample:\n  paramedic catalog\n  paramedic catalog use 4f0c2d19a6b3')
    .action(async () => {
      const { items } = await json<{ items: Catalogue[] }>(client(), 'GET', '/v1/catalogues')
      show(asJson(), items, () => table(['DIGEST', 'IN FORCE', 'ROUTES', 'RUNBOOKS'], items.map((one) => [one.digest.slice(0, shown), one.inForce ? 'yes' : '', one.routes, one.runbooks.join(', ')])))
    })
  catalog.command('use').description('puts a catalogue back in force that was before; running workflows keep the version they started with')
    .argument('<digest>', 'or its first characters, six or more').addHelpText('after', '\nExample:\n  paramedic catalog use 4f0c2d19a6b3')
    .action(async (digest: string) => {
      const used = await json<Form<'Reloaded'>>(client(), 'POST', idPath('/v1/catalogues', digest, '/use'))
      show(asJson(), used, () => `in force: ${used.digest!.slice(0, shown)}; the files of each server may say something else, and are not taken before they change`)
    })
}
