interface Seen {
  /** A number, or the id of what has none. */
  address: string;
  title: string;
}

/** As long as the page is open: names of customers are kept nowhere else. */
let seen: readonly Seen[] = [];
const most = 8;

export function seenRecords(): readonly Seen[] {
  return seen;
}

export function rememberRecord(record: Seen): void {
  seen = [record, ...seen.filter(({ address }) => address !== record.address)].slice(0, most);
}

export function forgetRecords(): void {
  seen = [];
}
