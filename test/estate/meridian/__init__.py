"""The estate of Meridian Freight, a logistics company that does not exist.

It moves parcels between Rotterdam, Lyon, Leipzig and Dublin, clears them through customs, and lets customers follow
them. The estate is laid out as such a company would have it after eight years of AWS, good habits and bad ones.
"""
