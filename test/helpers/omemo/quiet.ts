// The OMEMO libraries tell on the console what they do, some with keys in it. Importing this file keeps those lines to themselves.

const chatter =
  /^(New remote ephemeral key|Duplicate PreKeyMessage|Invalid prekey id|Tried to lookup a session|decrypting message for closed|closing session|promoting session|Deleting (chain|session) closed|no chain found)/

for (const level of ['log', 'warn'] as const) {
  const said = console[level].bind(console)
  console[level] = (...given: unknown[]) => {
    if (typeof given[0] !== 'string' || !chatter.test(given[0])) said(...given)
  }
}
