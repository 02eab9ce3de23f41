namespace AiBackend.DataStores.Provisioning;

/// <summary>
/// Makes databases on servers of one kind. What it does is told as steps, so that whoever runs them can undo them: <see cref="Drop"/>
/// undoes any beginning of <see cref="Create"/>, also twice.
/// </summary>
internal interface IDatabaseMaker
{
    StoreKind Kind { get; }

    /// <summary>Whether databases have users with passwords; files have none.</summary>
    bool HasLogins { get; }

    /// <summary>How the store is reached that is made.</summary>
    StoreConfig ConfigOf(ConnectionTarget server, DatabaseNames names);

    /// <summary>Makes the database, a user that owns it and one that only reads it.</summary>
    IReadOnlyList<MakingStep> Create(ConnectionTarget server, DatabaseNames names, NewPasswords passwords);

    /// <summary>Gives the users new passwords; one that is null stays. May be repeated.</summary>
    IReadOnlyList<MakingStep> Rotate(ConnectionTarget server, DatabaseNames names, string? owner, string reader);

    /// <summary>Takes away what there is of the database and its users, ending their connections.</summary>
    IReadOnlyList<MakingStep> Drop(ConnectionTarget server, DatabaseNames names);
}

/// <summary>One thing that is done on a server.</summary>
/// <param name="Name">For logs.</param>
/// <param name="RunAsync">Does it. Fails with the driver's exception.</param>
internal sealed record MakingStep(string Name, Func<CancellationToken, Task> RunAsync);

/// <summary>Passwords that nobody knows yet.</summary>
internal sealed record NewPasswords(string Owner, string Reader);

/// <summary>What a database and its users are called, by the store's id: lower-case letters, digits and underscores, at most 32.</summary>
internal sealed record DatabaseNames(string Database, string Owner, string Reader)
{
    public static DatabaseNames Of(string storeId)
    {
        // An id is dst_ and 26 letters and digits; anything else would not be safe to make a name of.
        if (!Documents.Ids.IsId("dst", storeId))
        {
            throw new ArgumentException($"'{storeId}' is not the id of a data store.", nameof(storeId));
        }

        var name = $"aib_{storeId[4..]}";
        return new DatabaseNames(name, $"{name}_o", $"{name}_r");
    }
}
