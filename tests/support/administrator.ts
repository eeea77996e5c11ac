import type { Stack } from "../../local/stack.ts";
import { TestZoho } from "../../local/zoho/testing.ts";

/** As an administrator of the org: the simulator's metadata calls. */
export class Administrator {
  readonly #zoho: TestZoho;

  constructor(stack: Stack) {
    this.#zoho = new TestZoho(stack.zohoUrl);
  }

  async change(
    module: string,
    field: string,
    change: Record<string, string | { actual_value: string; display_value?: string; _delete?: null }[]>,
  ): Promise<void> {
    const { status, text } = await this.#zoho.call(
      "PATCH",
      `settings/fields/${await this.#idOf(module, field)}?module=${module}`,
      { fields: [change] },
    );
    if (status !== 200) throw new Error(text);
  }

  async delete(module: string, field: string): Promise<void> {
    const { status, text } = await this.#zoho.call(
      "DELETE",
      `settings/fields/${await this.#idOf(module, field)}?module=${module}`,
    );
    if (status !== 200) throw new Error(text);
  }

  /** Deletes a field and makes one of the same label that allows duplicates. */
  async letBeDoubled(module: string, field: string): Promise<void> {
    await this.delete(module, field);
    const { status, text } = await this.#zoho.call("POST", `settings/fields?module=${module}`, {
      fields: [{ field_label: field.replaceAll("_", " "), data_type: "text", length: 100 }],
    });
    if (status !== 201) throw new Error(text);
  }

  /** Lets the channel of this id end that soon. */
  async endChannelIn(channelId: string, ms: number): Promise<void> {
    const { items } = await this.#zoho.call("GET", `actions/watch?channel_id=${channelId}`);
    const { nowMs } = await this.#zoho.control.state();
    const channel_expiry = new Date(nowMs + ms).toISOString().replace(/\.\d+Z$/, "+00:00");
    const watch = [{
      channel_id: channelId,
      channel_expiry,
      events: ["Deals.all"],
      token: String(items[0]?.token),
    }];
    const { status, text } = await this.#zoho.call("PATCH", "actions/watch", { watch });
    if (status !== 200) throw new Error(text);
  }

  async fields(module: string): Promise<Record<string, unknown>[]> {
    return (await this.#zoho.call("GET", `settings/fields?module=${module}`)).items;
  }

  async #idOf(module: string, field: string): Promise<string> {
    const found = (await this.fields(module)).find(({ api_name }) => api_name === field);
    if (!found) throw new Error(`there is no ${module}.${field}`);
    return String(found.id);
  }
}
