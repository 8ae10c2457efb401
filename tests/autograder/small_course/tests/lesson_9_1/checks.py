def sizes_add_up(student, reference):
    if sum(student) != sum(reference):
        return "The sizes do not add up to the number of samples."
    return None
