// The socket under a stream, as the stream sees it.

export interface Carrier {
  /** Where it comes from, without the port. */
  readonly address: string
  /** What passes here is read by nobody else. */
  readonly secure: boolean
  send(text: string): void
  /** True when the other side answered, false when it kept silent or went. */
  ask(): Promise<boolean>
  close(): void
  pause(): void
  resume(): void
}
