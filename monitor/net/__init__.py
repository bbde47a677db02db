"""The network and the mailbox. What goes wrong out there comes back as a value."""
