import { explain } from '../i18n/explain'

/** A form on its way to the server: busy meanwhile, and afterwards what went wrong, in words. */
export class Submission {
  busy = $state(false)
  error = $state('')

  async run(event: SubmitEvent, submit: () => Promise<void>): Promise<void> {
    event.preventDefault()
    this.busy = true
    this.error = ''
    try {
      await submit()
    } catch (error) {
      this.error = explain(error)
    }
    this.busy = false
  }
}
