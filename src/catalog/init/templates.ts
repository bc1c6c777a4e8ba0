/** What a new catalogue begins with: enough to be checked, read and changed, and nothing that acts. */
import { moreEditorTypes } from './editor-types-more.ts'
import { editorTypes } from './editor-types.ts'

const configuration = `# Paramedic's configuration. \`paramedic config\` shows every setting, its value, and where that came from.
catalog:
  runbooks: runbooks
  policies: policies

# Whom to ask whether an alert is gone: one item for each pair.
# alertmanager:
#   - urls: [http://alertmanager.example.org:9093]

# Secrets come from the environment or from files, never from here.
# slack:
#   channel: "#alerts"
`

const runbook = `/** One more replica for a service that is slow under load. */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'service', // the label of the alert that names what is touched
  params: { by: { type: 'integer', default: 1, min: 1, max: 3 } },

  // Reads only. What it returns is judged by the policies, and shown to whoever approves.
  plan: async ({ scale, target, params }) => {
    const now = await scale.read(target)
    const to = Math.min(now.replicas + params.by, now.max)
    return { changes: to > now.replicas ? [{ target, from: now.replicas, to }] : [] }
  },

  steps: [
    {
      name: 'add replicas', effect: 'repeatable', timeout: minutes(2),
      run: ({ scale, plan }) => scale.set(plan.changes[0]!.target, plan.changes[0]!.to),
    },
    {
      name: 'replicas ready', effect: 'read', timeout: minutes(5),
      run: ({ scale, plan, poll }) =>
        poll(async () => (await scale.read(plan.changes[0]!.target)).ready >= plan.changes[0]!.to),
    },
  ],

  // How long the alert may then take to go away.
  healedWithin: minutes(10),
})
`

const routes = `# Which alert takes which runbook. First match wins; what no route knows goes to people.
routes:
  - matchers: [alertname="HighRequestLatency", severity=~"critical|page"]
    runbook: add-replica@1
    mode: dry-run # off, dry-run, approve, auto: plans are made and judged, and nothing is run
    params: { by: 1 }

  # Fires always: that it stays away means that alerts do not get here.
  - matchers: [alertname="Watchdog"]
    heartbeat: 5m
`

const policies = `runbook: add-replica
policies:
  # Only what is named here is ever touched.
  - { type: targets, names: [my-service] }
  - { type: concurrency, max: 1 }
  - { type: cooldown, for: 10m }
  - { type: rate, max: 4, per: 1h }
  # After three tries in six hours, a person.
  - { type: attempts, max: 3, in: 6h }
`

const tsconfig = `{
  "compilerOptions": {
    "target": "es2024",
    "lib": ["es2024", "dom"],
    "types": [],
    "module": "preserve",
    "noEmit": true,
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true
  },
  "include": ["paramedic.d.ts", "runbooks", "policies"]
}
`

const ci = `name: check
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      # PARAMEDIC_IMAGE is a variable of this repository: the image that you run, pinned by its digest.
      - run: >-
          docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/catalogue:ro" --workdir /catalogue "$PARAMEDIC_IMAGE"
          check --format github --base "origin/$BASE"
        env:
          PARAMEDIC_IMAGE: \${{ vars.PARAMEDIC_IMAGE }}
          BASE: \${{ github.base_ref || github.event.repository.default_branch }}
`

const readme = `# Runbooks

What Paramedic may do here, and when.

- \`runbooks/NAME/VERSION.ts\`: the scripts. A released version never changes: copy it to the next number and change that.
- \`runbooks/routes.yaml\`: which alert takes which runbook, and in which mode.
- \`runbooks/runbooks.lock\`: the digest of every released version, written by \`paramedic runbook lock\`.
- \`policies/*.yaml\`: the limits. A runbook without policies is refused.
- \`paramedic.yaml\`: the configuration of the server.

After a change:

    paramedic runbook lock
    paramedic check

The route that is here rehearses (\`mode: dry-run\`): it plans, judges, and runs nothing. Name your own service in
\`policies/add-replica.yaml\`, read what it would have done for a while, then let it ask (\`mode: approve\`), then let it earn to act: \`mode: auto\`
with \`promote: { heals: 5, in: 30d }\` asks too, until it healed so often that you promote it. Docs: *Giving Paramedic the keys*.
`

export const templates: Readonly<Record<string, string>> = {
  'paramedic.yaml': configuration,
  'paramedic.d.ts': `${editorTypes}\n${moreEditorTypes}`,
  'tsconfig.json': tsconfig,
  'README.md': readme,
  '.github/workflows/check.yml': ci,
  'runbooks/add-replica/1.ts': runbook,
  'runbooks/routes.yaml': routes,
  'policies/add-replica.yaml': policies,
}
