/** Where the DNS of the fixture listens, on 127.0.0.1. */
export const DNS_PORT = 53;
