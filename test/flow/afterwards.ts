/**
 * What a test started and made ends with it, however it ends: a shell of its own session waits for the end of this
 * process, kills what still runs, and removes the folders. A test that is killed cannot do so itself, and the keeper of
 * a server's services outlives that server until its folder is gone.
 */
import { spawn, type ChildProcess } from 'node:child_process'

const program = `
pids= folders=
while read -r what it; do
  case $what in
    began) pids="$pids $it" ;;
    ended) left=; for pid in $pids; do [ "$pid" = "$it" ] || left="$left $pid"; done; pids=$left ;;
    folder) folders="$folders $it" ;;
  esac
done
[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
[ -z "$folders" ] && exit
# What was killed may still be at its last write.
for pause in 0 1 5; do sleep $pause; rm -rf $folders; done
`
let shell: ChildProcess | undefined
const say = (line: string): void => {
  if (shell === undefined) {
    shell = spawn('sh', ['-c', program], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    shell.unref()
    ;(shell.stdin as unknown as { unref(): void }).unref()
  }
  shell.stdin!.write(`${line}\n`)
}

export const endsAfterwards = (child: ChildProcess): void => {
  if (child.pid === undefined) return
  say(`began ${child.pid}`)
  child.once('exit', () => say(`ended ${child.pid}`))
}

export const goesAfterwards = (folder: string): void => say(`folder ${folder}`)
