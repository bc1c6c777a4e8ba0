/** Finds the class of a character: by binary search, and where a pattern knows many ranges (`\pL` has 1,300) by pages. */
export interface CharClasses {
  /** Code points from `bounds[i]` up to `bounds[i + 1]` are alike and of class `classOf[i]`. `bounds[0]` is 0. */
  readonly bounds: Int32Array
  readonly classOf: Uint16Array
}

export function classAt({ bounds, classOf }: CharClasses, point: number): number {
  return classOf[segmentAt(bounds, point)]!
}

/** The class of all characters from `point` on; -1 where there are several. */
export function onlyClassFrom(classes: CharClasses, point: number): number {
  const first = classAt(classes, point)
  return classes.classOf.subarray(segmentAt(classes.bounds, point)).every((one) => one === first) ? first : -1
}

function segmentAt(bounds: Int32Array, point: number): number {
  let low = 0
  let high = bounds.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (bounds[middle]! <= point) low = middle
    else high = middle
  }
  return low
}

const pageBits = 7
const pageSize = 1 << pageBits
const pageCount = 0x110000 >>> pageBits
const unknown = -1

/** The same as `classAt`, quicker where it is asked often. Pages are looked at when a character of theirs first comes. */
export function classFinder(classes: CharClasses): (point: number) => number {
  if (classes.bounds.length <= 16) return (point) => classAt(classes, point)
  let pages: Int32Array | undefined
  const mixed: Uint16Array[] = []
  return (point) => {
    pages ??= new Int32Array(pageCount).fill(unknown)
    const at = point >>> pageBits
    if (pages[at] === unknown) pages[at] = look(classes, at << pageBits, mixed)
    const page = pages[at]!
    return page >= 0 ? page : mixed[-2 - page]![point & pageSize - 1]!
  }
}

/** The class of a whole page; a number below -1 for a page of several, which is put into `mixed`. */
function look(classes: CharClasses, start: number, mixed: Uint16Array[]): number {
  const first = segmentAt(classes.bounds, start)
  if (segmentAt(classes.bounds, start + pageSize - 1) === first) return classes.classOf[first]!
  mixed.push(Uint16Array.from({ length: pageSize }, (_, i) => classAt(classes, start + i)))
  return -1 - mixed.length
}
