// postgres.js 3.4.9 batches small writes until the next turn of the event loop. If the server goes away in between,
// the batch is written to a socket that is null by then: an uncaught TypeError that would end the whole process. The
// query itself has been rejected by that time, so nothing is hidden by letting this one error pass.

let installed = false;

/** Keeps a restart of Postgres from ending this process; every other uncaught error still does. */
export function surviveLostSockets(): void {
  if (installed) return;
  installed = true;
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (isLostTypeQuery(event.reason)) event.preventDefault();
  });
  globalThis.addEventListener("error", (event) => {
    if (isWriteToLostSocket(event.error)) event.preventDefault();
  });
}

// Its own first query on a connection has no one to report to.
function isLostTypeQuery(error: unknown): boolean {
  if (!(error instanceof Error) || !("query" in error)) return false;
  return /select b\.oid, b\.typarray\s+from pg_catalog\.pg_type a/.test(String(error.query));
}

function isWriteToLostSocket(error: unknown): boolean {
  if (!(error instanceof TypeError) || !error.message.includes("null (reading 'write')")) return false;
  return error.stack?.includes("nextWrite") === true && error.stack.includes("postgres/src/connection.js");
}
