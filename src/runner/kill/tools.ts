/**
 * The small programs that do what Node has no call for: make a process a reaper of orphans, and make it die with its
 * parent. tini and util-linux have them; so has perl, which every Debian image brings.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

export interface Tools {
  /** In front of a command: it takes in every orphan below it, and ends as the command does. */
  readonly reaper: readonly string[] | undefined
  /** The same, and it dies with its parent. */
  readonly jobReaper: readonly string[] | undefined
  /** In front of a command: the command's process dies with its parent. */
  readonly diesWithParent: readonly string[] | undefined
}

export async function findTools(path: string): Promise<Tools> {
  const works = async (command: readonly string[]): Promise<boolean> =>
    onPath(command[0]!, path) && (await exitCode([...command, 'sh', '-c', 'exit 7'], path)) === 7
  const first = async (candidates: readonly (readonly string[] | undefined)[]): Promise<readonly string[] | undefined> => {
    for (const candidate of candidates) if (candidate && (await works(candidate))) return candidate
    return undefined
  }
  if (process.platform !== 'linux') return { reaper: undefined, jobReaper: undefined, diesWithParent: undefined }
  const [reaper, jobReaper, diesWithParent] = await Promise.all([
    first([['tini', '-s', '--'], perlReaper(false)]),
    first([['tini', '-p', 'SIGKILL', '-s', '--'], perlReaper(true)]),
    first([['setpriv', '--pdeathsig', 'KILL', '--'], perlDiesWithParent()]),
  ])
  return { reaper, jobReaper, diesWithParent }
}

/** The number of the system call prctl, which differs by processor. */
const prctl = ({ x64: 157, arm64: 167, riscv64: 167, loong64: 167, arm: 172, ia32: 172, s390x: 172, ppc64: 171 } as
  Readonly<Record<string, number>>)[process.arch]

const diesWithParentCall = `syscall(${prctl},1,9,0,0,0)==0 or exit 125;`

/** Exported so that both kinds are tried where tini is there too. */
function perlReaper(dies: boolean): readonly string[] | undefined {
  if (prctl === undefined) return undefined
  const program = `my @quiet=qw(TERM INT HUP QUIT); $SIG{$_}='IGNORE' for @quiet; ${dies ? diesWithParentCall : ''}
    syscall(${prctl},36,1,0,0,0)==0 or exit 125;
    my $main=fork; defined $main or exit 126;
    if(!$main){ $SIG{$_}='DEFAULT' for @quiet; exec {$ARGV[0]} @ARGV; exit 127 }
    while((my $pid=wait)!=-1){ exit($?&127 ? 128+($?&127) : $?>>8) if $pid==$main }`
  return ['perl', '-e', program, '--']
}

const perlDiesWithParent = (): readonly string[] | undefined =>
  prctl === undefined ? undefined : ['perl', '-e', `${diesWithParentCall} exec {$ARGV[0]} @ARGV; exit 127`, '--']

export function onPath(name: string, path: string): boolean {
  return path.split(':').some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** -1 when it could not be started, was killed, or took longer than 5 s. */
const exitCode = (command: readonly string[], path: string): Promise<number> =>
  new Promise((done) => {
    const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore', env: { PATH: path }, timeout: 5000, killSignal: 'SIGKILL' })
    child.on('error', () => done(-1))
    child.on('exit', (code) => done(code ?? -1))
  })
