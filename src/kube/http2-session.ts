/**
 * What one HTTP/2 connection, of a client or a server, may hold before it refuses streams with ENHANCE_YOUR_CALM. Node's
 * 10 MiB is less than a manager's lists of a few hundred clusters that wait to be sent; Go has no such limit.
 */
export const http2SessionMiB = 4096
