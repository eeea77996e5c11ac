import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import { parameters, type SdkOperation } from "./operation.ts";

export function watching(): SdkOperation[] {
  const channel = "1000000068001";
  const operations = () => new sdk.Notifications.NotificationsOperations();
  const request = (change: (notification: ReturnType<typeof Object>) => void) => {
    const notification = new sdk.Notifications.Notification();
    notification.setChannelId(channel);
    change(notification);
    const wrapper = new sdk.Notifications.BodyWrapper();
    wrapper.setWatch([notification]);
    return wrapper;
  };
  const whole = () =>
    request((notification) => {
      notification.setEvents(["Deals.edit", "Quotes.all"]);
      notification.setNotifyUrl("https://example.com/zoho");
      notification.setToken("a-token");
      notification.setNotifyOnRelatedAction(false);
      notification.setReturnAffectedFieldValues(true);
      notification.setChannelExpiry(new Date(Date.now() + 24 * 60 * 60_000));
    });
  const wrote = { becomes: "ActionWrapper" };
  const list = async () =>
    await operations().getNotifications(
      await parameters([[sdk.Notifications.GetNotificationsParam.CHANNEL_ID, channel]]),
    );
  return [
    {
      name: "open a channel",
      method: "NotificationsOperations.enableNotifications",
      status: 201,
      ...wrote,
      run: () => operations().enableNotifications(whole()),
    },
    {
      name: "list a channel",
      method: "NotificationsOperations.getNotifications",
      status: 200,
      becomes: "ResponseWrapper",
      run: list,
    },
    {
      name: "replace a channel",
      method: "NotificationsOperations.updateNotifications",
      status: 200,
      ...wrote,
      run: () => operations().updateNotifications(whole()),
    },
    {
      name: "renew a channel",
      method: "NotificationsOperations.updateNotification",
      status: 200,
      ...wrote,
      run: () =>
        operations().updateNotification(
          request((notification) => {
            notification.setEvents(["Deals.edit"]);
            notification.setNotifyUrl("https://example.com/zoho");
            notification.setChannelExpiry(new Date(Date.now() + 48 * 60 * 60_000));
          }),
        ),
    },
    {
      name: "drop events of a channel",
      method: "NotificationsOperations.disableNotification",
      status: 200,
      ...wrote,
      run: () =>
        operations().disableNotification(
          request((notification) => {
            notification.setEvents(["Quotes.all"]);
            notification.setDeleteEvents(new sdk.Choice(true));
          }),
        ),
    },
    {
      name: "close a channel",
      method: "NotificationsOperations.deleteNotification",
      status: 200,
      ...wrote,
      run: async () =>
        await operations().deleteNotification(
          await parameters([[sdk.Notifications.DeleteNotificationParam.CHANNEL_IDS, channel]]),
        ),
    },
    {
      name: "list no channel",
      method: "NotificationsOperations.getNotifications",
      status: 204,
      becomes: null,
      run: list,
    },
  ];
}
