/** How much the person needs the connection at this moment. */
export type Activity =
  /** Somebody looks at it. */
  | 'foreground'
  /** Running, but not looked at. */
  | 'background'
  /** Not looked at for long: battery and data count more than speed. */
  | 'inactive'
