/** A journal that keeps nothing: what is recorded goes to whoever follows it now. For processes that stay for days. */
import type { Clock } from '../base/clock.ts'
import { Mailbox } from '../base/queue.ts'
import type { JournalEntry, JournalEvent } from './events.ts'
import type { Journal } from './journal.ts'

/** A follower that is further behind is dropped: it would learn of the gap by the end of its stream. */
const backlogMax = 100_000

export class FeedJournal implements Journal {
  readonly #clock: Clock
  readonly #origin: number
  readonly #followers = new Set<Mailbox<JournalEvent>>()
  #seq = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#origin = clock.now()
  }

  record(event: JournalEvent): JournalEntry {
    for (const follower of this.#followers) {
      follower.push(event)
      if (follower.size > backlogMax) this.#drop(follower)
    }
    return { seq: ++this.#seq, at: Math.round(this.#clock.now() - this.#origin), event }
  }

  /** Everything from now on, until the follower leaves. */
  follow(): { events: Pick<Mailbox<JournalEvent>, 'takeAll'>; leave: () => void } {
    const follower = new Mailbox<JournalEvent>()
    this.#followers.add(follower)
    return { events: follower, leave: () => this.#drop(follower) }
  }

  #drop(follower: Mailbox<JournalEvent>): void {
    this.#followers.delete(follower)
    follower.close()
  }
}
