"""The steps, in the order things happen.

    service, every second ------------- jobs.poll
      store.feeds.claim_due               which feeds are due, and nobody else's now
      net.fetch             x many        Fetched | Unchanged | FetchFailed      the only parallel step
      cell.parse                          bytes -> ParsedFeed | NotAFeed         in a child that may be killed
      jobs.take_in                        dedupe, learn the rhythm, choose the next turn: entries and feed state of all
                                          visits that have ended meanwhile in ONE transaction
            | commit, then wake
    jobs.triage                           new entries in order of arrival, a batch a transaction, one at a time
      core.rules.match                    which rules speak of the entry, with the evidence
      jobs.grouping                       which story it belongs to
      core.alerts.decide, causes_of       what becomes of each match; whether the story is told (again): a Telling
      jobs.listeners, core.alerts.turn_of who hears it: at once, later, or not at all, and why: a Hearing each
      store.owing.owe_alert              for what is heard at once a Delivery with a unique key
            | commit, then wake
    jobs.tell                             what was gathered or held and is due, the next in turn, fall-backs: Deliveries
    jobs.acknowledge                      someone takes an alert: no further escalation, and everyone is told
            | commit, then wake
    jobs.push                             asks hubs to tell us of news; what they tell is read and kept as above
    jobs.reception                        a form, or the button of a page: an Application that waits, or done at once
    jobs.subscribe                        answers the forms: who asked to join, or for a link -> an account mail is owed
            | commit, then wake
    jobs.deliver                          takes what is due, packs, sends, settles; tries again on its own clock. Twice:
                                          what is urgent over a line of its own, the rest over several
      jobs.packing, jobs.compose          a debt -> the bytes of a mail; an edition once for all who read it
      jobs.bounces                        a refusal, or a mail that came back: what becomes of reader or domain
    jobs.channels                         the same for every other way out, each at its own pace
    jobs.brief                            each subscriber's morning -> a briefing -> owed deliveries
    jobs.sweep                            lets go of what was kept for long enough
    jobs.report                           feeds in trouble, or well again -> a notice -> a delivery owed to the operator

Each step reads rows that the step before committed and commits its own output, so a kill at any instant loses
nothing and repeats nothing. Between DATA and its commit alone SMTP leaves a doubt; there the repeat is the same
mail to the byte, Message-ID included.
"""
