-- Which keys signed a state, as bits: places among the deploy keys of the root that it was signed under. 0: not known.
ALTER TABLE states ADD COLUMN signers INTEGER NOT NULL DEFAULT 0;
