// Loaded into a measured process (`--expose-gc --import`): SIGUSR2 collects garbage, so that memory in use can be told from memory
// not yet given back.

process.on('SIGUSR2', () => {
  for (let time = 0; time < 3; time += 1) globalThis.gc?.()
})
