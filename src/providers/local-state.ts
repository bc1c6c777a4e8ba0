/** The keeper's state folder: one file that is whole at any moment, and a lock that the kernel lets go of. */
import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { addressFile, lockFile, stateFile, type Address, type Kept } from './local-words.ts'

export function loadKept(folder: string): Kept {
  const text = readIfThere(join(folder, stateFile))
  return text === undefined ? { keeper: randomUUID().slice(0, 8), nextReplica: 1, services: {} } : (JSON.parse(text) as Kept)
}

/** When it returns, the new state outlives a power cut; a crash at any moment before leaves the old one. */
export function saveKept(folder: string, kept: Kept): void {
  writeWhole(join(folder, stateFile), JSON.stringify(kept, null, 1))
  const at = openSync(folder, 'r')
  fsyncSync(at)
  closeSync(at)
}

/** The token is as good as the folder's owner, so nobody else may read it. */
export const saveAddress = (folder: string, address: Address): void => writeWhole(join(folder, addressFile), JSON.stringify(address))

export function loadAddress(folder: string): Address | undefined {
  const text = readIfThere(join(folder, addressFile))
  return text === undefined ? undefined : (JSON.parse(text) as Address)
}

/** Which keeper an address was of; `-` for none. */
export const keeperNamed = (address: Address | undefined): string => (address === undefined ? '-' : `${address.process.pid}:${address.process.start}`)

export function writeWhole(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600)
  writeSync(file, text)
  fsyncSync(file)
  closeSync(file)
  renameSync(`${path}.new`, path)
}

/** One keeper per folder. Undefined if there is one. A dead holder leaves no lock behind, however it died. */
export function takeKeeperLock(folder: string): { release(): void } | undefined {
  const lock = new DatabaseSync(join(folder, lockFile), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    held.add(lock)
    return { release: () => held.delete(lock) && lock.close() }
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined
    throw error
  }
}

const sqliteBusy = 5
/** A handle that nobody holds is closed by the garbage collector, and the lock with it. */
const held = new Set<DatabaseSync>()

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
