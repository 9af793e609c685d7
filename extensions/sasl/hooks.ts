// The hook of logging in. Types only.

declare module '../../server/hooks.js' {
  interface Notices {
    /** Refused as not authorized: nobody is told for which account. */
    'login:failed': { readonly address: string }
  }
}

export {}
