import { Clock, isoWithOffset } from "../core/clock.ts";
import { IdSource, type Random, seeded } from "../core/random.ts";
import { FaultBoard } from "../faults/faults.ts";
import { CreditLedger } from "../limits/credits.ts";
import { Lanes } from "../limits/lanes.ts";
import { ChannelBook } from "../notify/channels.ts";
import { Deliverer } from "../notify/deliver.ts";
import { splitScopes } from "../oauth/scopes.ts";
import { type Credentials, TokenStore } from "../oauth/tokens.ts";
import { CallLog } from "./calls.ts";
import { type Change, ChangeLog } from "./changes.ts";
import { complianceFields } from "./compliance_fields.ts";
import { dailyCredits, type Edition, editions } from "./editions.ts";
import { createModule, type Module, moduleNames } from "./module.ts";
import { readSettings, type Settings } from "./settings.ts";
import { createUsers, type Users } from "./users.ts";

export interface OrgOptions {
  seed: number;
  bare: boolean;
  credentials: Credentials;
  settings: Settings;
}

type Announce = (changes: Change[]) => void;

/** One Zoho organisation: its records, users, tokens, limits and switches. All of it lives in memory. */
export class Org {
  readonly options: OrgOptions;
  readonly clock = new Clock();
  readonly changes = new ChangeLog();
  readonly calls = new CallLog();
  readonly credits = new CreditLedger();
  readonly lanes = new Lanes();
  readonly channels = new ChannelBook();
  readonly deliverer: Deliverer;
  settings: Settings;
  modules = new Map<string, Module>();
  ids: IdSource;
  users: Users;
  tokens: TokenStore;
  faults: FaultBoard;
  random: Random;
  orgId: string;
  /** Where the simulator is reached; known once it listens. */
  origin = "";
  readonly #listeners: Announce[] = [];

  constructor(options: OrgOptions) {
    this.options = options;
    this.settings = options.settings;
    const { seed } = options;
    // One stream per use: an extra token must not move the ids that follow.
    this.ids = new IdSource(seeded(seed));
    this.random = seeded(seed + 1);
    this.faults = new FaultBoard(seeded(seed + 2));
    this.tokens = this.#freshTokens();
    this.users = createUsers(() => this.ids.next());
    this.orgId = this.ids.next();
    this.#freshModules();
    this.deliverer = new Deliverer(this);
  }

  /** Back to the start, with the settings the simulator was started with. */
  reset(): void {
    const { seed } = this.options;
    this.settings = this.options.settings;
    this.clock.offsetMs = 0;
    this.ids = new IdSource(seeded(seed));
    this.random = seeded(seed + 1);
    this.faults = new FaultBoard(seeded(seed + 2));
    this.tokens = this.#freshTokens();
    this.users = createUsers(() => this.ids.next());
    this.orgId = this.ids.next();
    this.changes.clear();
    this.calls.clear();
    this.credits.clear();
    this.#freshModules();
    this.channels.clear();
    this.deliverer.clear();
  }

  get edition(): Edition {
    return editions[this.settings.edition];
  }

  get budget(): number {
    return this.settings.dailyCredits ?? dailyCredits(this.edition, this.settings.users);
  }

  get concurrencyCeiling(): number {
    return this.settings.concurrency ?? this.edition.concurrentCalls;
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  iso(ms: number): string {
    return isoWithOffset(ms, this.settings.timeOffsetMinutes);
  }

  /** Zoho takes `deals` for Deals, and real clients write it so. */
  module(name: string): Module | undefined {
    const wanted = name.toLowerCase();
    return this.modules.get(name) ??
      [...this.modules.values()].find(({ apiName }) => apiName.toLowerCase() === wanted);
  }

  changeSettings(patch: unknown): void {
    const before = this.settings;
    this.settings = readSettings(patch, before);
    if (this.settings.scopes !== before.scopes) this.tokens.setScopes(splitScopes(this.settings.scopes));
  }

  onAnnounce(listener: Announce): void {
    this.#listeners.push(listener);
  }

  /** Tells the notification and workflow engines what one call has committed. */
  announce(changes: Change[]): void {
    if (changes.length === 0) return;
    for (const listener of this.#listeners) listener(changes);
  }

  #freshTokens(): TokenStore {
    const { credentials, seed } = this.options;
    const { scopes, dataCentre } = this.settings;
    return new TokenStore({ ...credentials }, seeded(seed + 3), splitScopes(scopes), dataCentre);
  }

  #freshModules(): void {
    this.modules.clear();
    for (const name of moduleNames) {
      const custom = this.options.bare ? [] : complianceFields[name] ?? [];
      this.modules.set(name, createModule(name, custom, () => this.ids.next()));
    }
  }
}
