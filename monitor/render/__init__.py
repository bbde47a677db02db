"""Templates to texts, texts to mails."""
