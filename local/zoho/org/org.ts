import { Agenda } from "../core/agenda.ts";
import { Clock, isoWithOffset } from "../core/clock.ts";
import { IdSource, type Random, seeded } from "../core/random.ts";
import { FaultBoard } from "../faults/faults.ts";
import { CreditLedger } from "../limits/credits.ts";
import { Lanes } from "../limits/lanes.ts";
import { OtherApps } from "../limits/other_apps.ts";
import { ChannelBook } from "../notify/channels.ts";
import { Deliverer } from "../notify/deliver.ts";
import { splitScopes } from "../oauth/scopes.ts";
import { type Credentials, IssuedTokens } from "../oauth/tokens.ts";
import { CallLog } from "./calls.ts";
import { ChangeLog, type RecordChange } from "./changes.ts";
import { complianceFields } from "./compliance_fields.ts";
import { shapeCurrencies } from "./currencies.ts";
import { dailyCredits, type Edition, editions } from "./editions.ts";
import { createModule, moduleNames, type OrgModule, reindex } from "./module.ts";
import { shapePipelines } from "./pipelines.ts";
import { type OrgSettings, readSettings } from "./settings.ts";
import { createUsers, type Users } from "./users.ts";

export interface OrgOptions {
  seed: number;
  bare: boolean;
  credentials: Credentials;
  settings: OrgSettings;
  nowMs?: (() => number) | undefined;
}

type Announce = (changes: RecordChange[]) => void;

/** One Zoho organisation: its records, users, tokens, limits and switches. All of it lives in memory. */
export class Org {
  readonly options: OrgOptions;
  readonly clock: Clock;
  /** What is to happen later, on that clock. */
  readonly agenda = new Agenda(() => this.clock.nowMs());
  readonly changes = new ChangeLog();
  readonly calls = new CallLog();
  readonly credits = new CreditLedger();
  readonly otherApps = new OtherApps();
  readonly lanes = new Lanes();
  readonly channels = new ChannelBook();
  readonly deliverer: Deliverer;
  settings: OrgSettings;
  modules = new Map<string, OrgModule>();
  ids: IdSource;
  users: Users;
  tokens: IssuedTokens;
  faults: FaultBoard;
  random: Random;
  orgId: string;
  /** Where the simulator is reached; known once it listens. */
  origin = "";
  /** How often it was set back to its start. */
  resets = 0;
  readonly #listeners: Announce[] = [];

  constructor(options: OrgOptions) {
    this.options = options;
    this.clock = new Clock(options.nowMs);
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
    this.resets++;
    const { seed } = this.options;
    this.settings = this.options.settings;
    this.agenda.clear();
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
    this.otherApps.clear();
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

  /** Moves the clock forward or back; what falls due on the way happens at its own time. */
  moveClock(offsetMs: number): void {
    const realMs = this.clock.nowMs() - this.clock.offsetMs;
    const untilMs = realMs + offsetMs;
    for (let dueMs; (dueMs = this.agenda.nextDueMs(untilMs)) !== undefined;) {
      if (dueMs > this.clock.nowMs()) this.clock.offsetMs += dueMs - this.clock.nowMs();
      this.agenda.runNext();
    }
    this.clock.offsetMs = offsetMs;
    this.agenda.arm();
  }

  /** Credits of the last 24 hours, those of other apps among them. */
  creditsUsed(): number {
    this.otherApps.catchUp(this.credits, this.settings.otherAppsPerMinute, this.nowMs());
    return this.credits.usedAt(this.nowMs());
  }

  iso(ms: number): string {
    return isoWithOffset(ms, this.settings.timeOffsetMinutes);
  }

  /** Zoho takes `deals` for Deals, and real clients write it so. */
  module(name: string): OrgModule | undefined {
    const wanted = name.toLowerCase();
    return this.modules.get(name) ??
      [...this.modules.values()].find(({ apiName }) => apiName.toLowerCase() === wanted);
  }

  /** The same as the API's callers see it: a module that is hidden from them is none. */
  visibleModule(name: string): OrgModule | undefined {
    const module = this.module(name);
    return module !== undefined && this.settings.hiddenModules.includes(module.apiName) ? undefined : module;
  }

  changeSettings(patch: unknown): void {
    const before = this.settings;
    this.settings = readSettings(patch, before);
    if (this.settings.scopes !== before.scopes) this.tokens.setScopes(splitScopes(this.settings.scopes));
    this.#shapeModules();
    this.creditsUsed();
  }

  onAnnounce(listener: Announce): void {
    this.#listeners.push(listener);
  }

  /** Passes what one call has committed to the notification and workflow engines. */
  announce(changes: RecordChange[]): void {
    if (changes.length === 0) return;
    for (const listener of this.#listeners) listener(changes);
  }

  #freshTokens(): IssuedTokens {
    const { credentials, seed } = this.options;
    const { scopes, dataCentre } = this.settings;
    return new IssuedTokens({ ...credentials }, seeded(seed + 3), splitScopes(scopes), dataCentre);
  }

  #freshModules(): void {
    this.modules.clear();
    for (const name of moduleNames) {
      const custom = this.options.bare ? [] : complianceFields[name] ?? [];
      this.modules.set(name, createModule(name, custom, () => this.ids.next()));
    }
    this.#shapeModules();
  }

  /** Fields that the company's set-up adds or takes away. */
  #shapeModules(): void {
    for (const module of this.modules.values()) {
      shapePipelines(module, this.settings, () => this.ids.next());
      shapeCurrencies(module, this.settings, () => this.ids.next());
      reindex(module);
    }
  }
}
