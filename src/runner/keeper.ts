/**
 * The keeper: a few lines of shell above the spawner. They do nothing until the spawner has ended, however it ended,
 * and then kill what it left: its group, and everything that the reaper above has taken in. So nothing is left also
 * when server and spawner were killed at the same moment. Should the reaper be gone, its number may be another's by now:
 * whoever does not have us among its children is left alone.
 *
 *     server → reaper (tini or perl, where there is one) → keeper (sh) → spawner → reaper, namespace or group → child
 */
const program = `
trap '' TERM INT HUP QUIT
reaped=$1 group=$2; shift 2
"$@" &
exec 3>&-
wait $!
exec 2>/dev/null
[ -n "$group" ] && echo 1 >"$group/cgroup.kill"
[ -n "$reaped" ] || exit 0
round=0
while [ $round -lt 3000 ]; do
  kids= left=
  read -r kids </proc/$PPID/task/$PPID/children
  case " $kids " in *" $$ "*) ;; *) exit 1 ;; esac
  for kid in $kids; do
    [ "$kid" = $$ ] || { kill -9 "$kid"; left=yes; }
  done
  [ -n "$left" ] || exit 0
  round=$((round + 1))
  [ $((round % 20)) != 0 ] || sleep 0.01
done
exit 1
`

/** The whole command of the spawner: what stands above it, and itself. */
export function keptCommand(of: { reaper: readonly string[] | undefined; group: string | undefined; command: readonly string[] }): string[] {
  const keeper = ['sh', '-c', program, 'paramedic-keeper', of.reaper ? 'yes' : '', of.group ?? '', ...of.command]
  return [...(of.reaper ?? []), ...keeper]
}
