/** In the manner of `design/icons`. */
export const FOLDER = 'M3.5 6h6l2 2.5h9v10.5h-17z'
