"""What Threadwise talks about: threads, labels, scores, errors. Depends on the standard library only."""
