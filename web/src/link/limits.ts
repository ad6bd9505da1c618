/** CONN4: a packet, and each body in it when it is unpacked. */
export const MESSAGE_BYTES_MAX = 1024 * 1024
