// Waiting for something, but not for ever.

/** True as soon as the work is done, false when that takes longer. No timer is left behind. */
export async function isDoneWithin(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), milliseconds)))
  const done = work.then(() => true as const)
  return Promise.race([done, late]).finally(() => clearTimeout(timer))
}
