// Bundlers that find no file for an import by template fail; this is one. The
// page is beside it once `deno task build:dashboard` has run.
export {};
