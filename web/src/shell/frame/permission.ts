/** Whether this page may show notifications of the system. */
export const notificationsSupported = (): boolean => 'Notification' in globalThis

export async function askForNotifications(): Promise<boolean> {
  if (!notificationsSupported()) return false
  return (await Notification.requestPermission()) === 'granted'
}
