export const NAME = 'invites'

/** Length of the token of a link into a group; that of the invitation that sets a server up is another. */
export const TOKEN_CHARACTERS = 16
