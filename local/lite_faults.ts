// What lite says, with status 500, when it cannot reach Postgres. PostgREST's answer to that is 503, which tells a
// client to come back.
const AWAY = new RegExp(
  [
    /ECONNREFUSED|ECONNRESET|EPIPE|ended by the other party/,
    /CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT/,
    /terminating connection/,
    /the database system is (shutting down|starting up|not yet accepting connections|in recovery mode)/,
  ].map(({ source }) => source).join("|"),
);
const CODE = "PGRST001";

/** The same answer, unless it is a lost database in other words. */
export async function withDatabaseAway(answer: Response): Promise<Response> {
  if (answer.status !== 500) return answer;
  const text = await answer.text();
  return AWAY.test(text) ? databaseAway(text) : new Response(text, answer);
}

export function databaseAway(details: string): Response {
  const message = "Database connection error. Retrying the connection.";
  const headers = { "proxy-status": `PostgREST; error=${CODE}` };
  return Response.json({ code: CODE, message, details, hint: null }, { status: 503, headers });
}

export function isDatabaseAway(answer: Response): boolean {
  return answer.status === 503 && answer.headers.has("proxy-status");
}
