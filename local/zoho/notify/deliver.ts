import { wallClockMs } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { FaultBoard, FaultKind } from "../faults/faults.ts";
import type { OrgSettings } from "../org/settings.ts";
import type { ChannelBook } from "./channels.ts";

export interface OutgoingDelivery {
  kind: "notification" | "workflow";
  url: string;
  module: string;
  operation: string;
  ids: string[];
  body: string;
  headers: Record<string, string>;
  /** The channel a notification belongs to. */
  channelId?: string;
}

/** What became of one delivery. */
export interface DeliveryEntry {
  seq: number;
  atMs: number;
  kind: OutgoingDelivery["kind"];
  path: string;
  module: string;
  operation: string;
  ids: string[];
  /** `lost` was never sent; `failed` had no answer. */
  outcome: "sent" | "failed" | "lost";
  status: number;
}

/** What a deliverer needs of its org, read anew for each delivery. */
interface Sender {
  settings: OrgSettings;
  faults: FaultBoard;
  random: Random;
  channels: ChannelBook;
}

const longestHoldMs = 1000;

type Timer = ReturnType<typeof setTimeout>;
type CallbackRate = "duplicate" | "lose" | "reorder";

/**
 * Sends what Zoho sends by itself. By default once, without a retry: nothing is documented (facts §9), and a receiver
 * that needs a second try would be lost in the real world. Faults double, lose, delay or swap deliveries.
 */
export class Deliverer {
  readonly #org: Sender;
  readonly #timers = new Set<Timer>();
  readonly #running = new Set<AbortController>();
  #log: DeliveryEntry[] = [];
  #seq = 0;
  #held: { delivery: OutgoingDelivery; timer: Timer } | undefined;

  constructor(org: Sender) {
    this.#org = org;
  }

  send(delivery: OutgoingDelivery): void {
    if (this.#isHit(delivery, "callback_lose", "lose")) return this.#record(delivery, "lost", 0);
    const copies = this.#isHit(delivery, "callback_duplicate", "duplicate") ? 2 : 1;
    const delayMs = this.#delayMs(delivery);
    for (let copy = 0; copy < copies; copy++) {
      if (delayMs > 0) this.#later(delayMs, () => this.#pass(delivery));
      else this.#pass(delivery);
    }
  }

  since(seq: number): DeliveryEntry[] {
    return this.#log.filter((entry) => entry.seq > seq);
  }

  /** Forgets what has not been sent yet, and cuts what is being sent. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const running of this.#running) running.abort();
    this.#timers.clear();
    this.#held = undefined;
    this.#log = [];
  }

  /** A reordered delivery waits until another has gone, or a second at most. */
  #pass(delivery: OutgoingDelivery): void {
    const held = this.#held;
    if (held === undefined && this.#isHit(delivery, "callback_reorder", "reorder")) {
      this.#held = { delivery, timer: this.#later(longestHoldMs, () => this.#release()) };
      return;
    }
    void this.#post(delivery).then(() => this.#release());
  }

  #release(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    clearTimeout(held.timer);
    this.#timers.delete(held.timer);
    void this.#post(held.delivery);
  }

  async #post(delivery: OutgoingDelivery, retriesLeft = this.#org.settings.callbackRetries): Promise<void> {
    const isTaken = await this.#postOnce(delivery);
    const { channelEndsAfterFailures, callbackRetryMs } = this.#org.settings;
    if (delivery.channelId !== undefined) {
      this.#org.channels.noteDelivery(delivery.channelId, isTaken, channelEndsAfterFailures);
    }
    if (isTaken || retriesLeft === 0) return;
    this.#later(callbackRetryMs, () => void this.#post(delivery, retriesLeft - 1));
  }

  /** Whether the receiver took it: any answer but an error. */
  async #postOnce(delivery: OutgoingDelivery): Promise<boolean> {
    const running = new AbortController();
    this.#running.add(running);
    const timer = setTimeout(() => running.abort(), this.#org.settings.callbackTimeoutMs);
    try {
      const response = await fetch(delivery.url, {
        method: "POST",
        headers: { "content-type": "application/json", ...delivery.headers },
        body: delivery.body,
        signal: running.signal,
      });
      await response.body?.cancel();
      this.#record(delivery, "sent", response.status);
      return response.status < 400;
    } catch {
      this.#record(delivery, "failed", 0);
      return false;
    } finally {
      clearTimeout(timer);
      this.#running.delete(running);
    }
  }

  #isHit(delivery: OutgoingDelivery, kind: FaultKind, rate: CallbackRate): boolean {
    if (this.#org.faults.take([kind], targetOf(delivery)) !== undefined) return true;
    const share = this.#org.settings.callbacks[rate];
    return share > 0 && this.#org.random() < share;
  }

  #delayMs(delivery: OutgoingDelivery): number {
    const fault = this.#org.faults.take(["callback_delay"], targetOf(delivery));
    const { delayMs, jitterMs } = this.#org.settings.callbacks;
    const spreadMs = jitterMs + (fault?.jitterMs ?? 0);
    return delayMs + (fault?.ms ?? 0) + (spreadMs > 0 ? this.#org.random() * spreadMs : 0);
  }

  #later(ms: number, run: () => void): Timer {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #record(delivery: OutgoingDelivery, outcome: DeliveryEntry["outcome"], status: number): void {
    const { kind, module, operation, ids } = delivery;
    const path = new URL(delivery.url).pathname;
    this.#log.push({
      seq: ++this.#seq,
      atMs: wallClockMs(),
      kind,
      path,
      module,
      operation,
      ids,
      outcome,
      status,
    });
  }
}

function targetOf(delivery: OutgoingDelivery) {
  return { method: "POST", path: new URL(delivery.url).pathname, module: delivery.module };
}
